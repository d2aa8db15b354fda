"""Models as data: the catalogue, fetching, verifying, exporting, and the parity gate."""
