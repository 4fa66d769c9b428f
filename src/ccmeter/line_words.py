"""The words of the setting `statusline`: what the status line can show, in its usual order."""

WORDS = ("model", "context", "cost", "today", "limits", "cache", "alarm")
