"""What the client shows of plan limits: official percentages, and what they can be worth. Pure."""
