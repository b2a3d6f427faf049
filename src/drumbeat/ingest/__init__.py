"""Pages in: plain text, HTML, web archives, JSON Lines or Parquet -> seeds of a corpus repository."""
