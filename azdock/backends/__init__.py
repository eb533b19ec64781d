"""The only place where Docker's and Azure's vocabularies meet."""
