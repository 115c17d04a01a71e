import TestSupport

/// Asks every 20 ms until `condition` holds.
///
/// - Parameter limit: ends what hangs; not less than `Patience.limit`, however little is given: how soon something comes depends
///   on what else the machine does.
public func eventually(
    within limit: Duration = Patience.limit, _ what: String, _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let limit = max(limit, Patience.limit)
    let deadline = clock.now + limit
    while clock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw Failure("not within \(limit): \(what)")
}
