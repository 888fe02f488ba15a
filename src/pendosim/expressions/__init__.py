"""The expression language of filters, selections and time series: grammar, functions, evaluation."""
