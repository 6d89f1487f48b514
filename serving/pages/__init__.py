"""The pages people read: portfolio, account and model check, in Japanese and English."""
