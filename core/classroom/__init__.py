"""A room that a class joins: nicknames, guesses and answers in a database; knows nothing of Streamlit."""
