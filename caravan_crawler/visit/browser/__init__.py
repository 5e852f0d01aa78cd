"""Pages shown in a real browser, where their values come only by scripts. With ``BROWSER=off`` nothing of it is there."""
