"""One file a language: its nodes and its quoting rule. Knows no Plan.

Rule: text for another program is built here and nowhere else, so that a value can never become a directive.
"""
