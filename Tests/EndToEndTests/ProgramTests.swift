import Testing

/// The tests that run the real program, one after another.
@Suite(.serialized) struct ProgramTests {}
