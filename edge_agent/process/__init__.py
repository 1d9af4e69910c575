"""What a long-running process needs: tasks that run for ever, a clock, a lock, a log, limits."""
