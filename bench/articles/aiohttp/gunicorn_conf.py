"""The article names this file and does not show it: one aiohttp worker is what its nginx and its text imply."""

bind = "127.0.0.1:@inner@"
workers = 1
worker_class = "aiohttp.GunicornWebWorker"
