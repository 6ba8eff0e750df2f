# Database settings
database_url: str = "postgresql://loom:loom@postgres:5432/loom"
database_pool_min_size: int = 2
database_pool_max_size: int = 10
