"""Telling people of alarms: rules, channels, and messages that are not lost."""
