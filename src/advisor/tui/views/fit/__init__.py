"""What the Fit room shows, as text: verdict, bar, cache, ledger, remedies, matrix, proof."""
