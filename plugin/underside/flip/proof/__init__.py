"""From photos and masks to an answer: points, places, how each pass turned, and what speaks against the join.

In the order of the work: ``sources``, ``features``, ``mapping``, ``turntable``, ``links``, ``answer``, ``coverage``.
"""
