import TestSupport

/// Checks every 20 ms until `condition` holds.
///
/// - Parameter limit: when to give up on a condition that hangs; raised to `Patience.limit` if it is less, because the
///   machine may be busy.
package func eventually(
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
