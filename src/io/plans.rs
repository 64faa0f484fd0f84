//! Plans in: CSV, JSON, a boundary file's property; many plans: several files, a folder, long or wide CSV, JSON lines.
