/// What tests and benchmarks share; a suite that needs a server imports only this module.
@_exported public import LocalPostgres
