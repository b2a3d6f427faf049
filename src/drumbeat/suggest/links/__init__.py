"""Links across pages, suggested."""
