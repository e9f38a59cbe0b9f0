#!/usr/bin/env node
// As `nest build` leaves it. The build then puts the same program, packages and all, in few files (scripts/bundle.mjs).
import './toolgate.js';
