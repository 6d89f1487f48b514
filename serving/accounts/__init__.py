"""Scored accounts over HTTP: the list, one account, its history, its reasons in words."""
