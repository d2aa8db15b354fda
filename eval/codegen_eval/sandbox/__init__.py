"""Where untrusted code runs: boxes without network, files or time to spare."""
