"""The pages that show what came of a capture, of its proof, or of an audit: one module a page."""
