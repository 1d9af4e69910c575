# Thin names for ./edge, which does the work.
.PHONY: demo test check bench setup
demo test check bench setup:
	@./edge $@
