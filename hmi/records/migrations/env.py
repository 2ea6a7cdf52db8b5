"""Run by Alembic: uses the connection, and so the transaction, that `migrate` opened."""

from alembic import context

from hmi.records.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
