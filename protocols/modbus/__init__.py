"""Modbus (MODBUS Application Protocol V1.1b3; serial line V1.02; TCP messaging guide V1.0b): RTU and TCP."""
