"""The Kusto query language, as much of it as log queries need: tokenizer, parser, evaluator."""
