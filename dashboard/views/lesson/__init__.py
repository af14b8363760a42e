"""The lesson: one step at a time, from the guess to the check question, and what teachers need."""
