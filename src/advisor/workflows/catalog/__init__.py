"""Questions about the catalogue that both screens and commands ask: rows, figures, filters, order."""
