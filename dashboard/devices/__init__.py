"""The page Devices: what may feed frames, how it is, and pairing another one."""
