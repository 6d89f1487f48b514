"""What people are shown about an account and no model reads."""

import pyarrow as pa

FACT_KINDS: dict[str, pa.DataType] = {
    "fact_name": pa.string(),
    "fact_name_en": pa.string(),
    "fact_plan": pa.string(),
    "fact_industry": pa.string(),
    "fact_size": pa.string(),
    "fact_region": pa.string(),
    "fact_owner": pa.string(),
    "fact_mrr": pa.float64(),
    "fact_currency": pa.string(),
    "fact_renews_at": pa.timestamp("us"),
    "fact_started_at": pa.timestamp("us"),
    "fact_seats": pa.float64(),
}
"""What is shown beside a score and is no feature; always present, null where unknown."""
