"""XMODEM (checksum, CRC, 1K) and YMODEM: how hand-held readers send files over a serial line."""
