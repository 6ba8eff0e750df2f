"""A pipeline stage: which known places is a geocoded address in? See README.md."""
