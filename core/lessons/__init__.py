"""The lesson: steps with a question, a guess, a result from committed tables, and a check question."""
