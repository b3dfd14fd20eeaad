"""What every mask should show by what all shots together say, once it is known where their cameras stood.

In the order of the work: ``views``, ``hull`` (votes of masks), ``colours`` (votes of photos), ``agree``.
"""
