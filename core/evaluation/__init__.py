"""Evaluation: metrics, intervals, predictions and the leaderboard made of them."""
