"""Rewording by a language model of the owner's choice. Every sentence is checked against the quote that it cites."""
