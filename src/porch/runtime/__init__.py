"""The only package that changes the world: files, sockets, processes, logs, control.

Rule: what stays alive under the app is this package alone, on the standard library, told everything by one `Launch`.
"""
