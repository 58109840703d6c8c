"""One module per tier; each has `run(settings, report, only)`."""
