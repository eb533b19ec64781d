"""What tests share: fakes, builders, fixtures' helpers."""
