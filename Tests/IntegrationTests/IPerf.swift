import NetworkLab

extension IPerf {
    /// Runs the client on `client` against a server on `server` at `address`, for as long as the arguments say.
    static func run(
        from client: Host, to server: Host, at address: String, _ arguments: String...
    ) async throws -> IPerf {
        try await run(on: client.network, from: client.index, to: server.index, at: address, arguments)
    }
}
