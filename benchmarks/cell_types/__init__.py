"""Are cells named, told unknown and placed right by a model that never saw their study."""
