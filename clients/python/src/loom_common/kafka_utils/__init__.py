"""The older place of ``loom_common.kafka``."""
