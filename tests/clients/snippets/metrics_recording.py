async def _maybe_record_metrics(self):
    """Record processing metrics periodically."""
    if time_since_last_metrics >= self._metrics_interval and self.config_loader:
        # Record processing metrics
        await self.config_loader.record_processing_metrics(...)

        # Record consumer lag
        for tp in partitions:
            await self.config_loader.record_consumer_lag(...)
