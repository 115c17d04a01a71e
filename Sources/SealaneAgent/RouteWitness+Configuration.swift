import SealaneFleet

extension RouteWitness {
    /// Reads the topology that `configuration` names. Nil: it names none.
    init?(_ configuration: Configuration) throws(ConfigurationError) {
        guard let topology = configuration.topology else { return nil }
        do throws(TopologyFileError) {
            self.init(try TopologyFile(path: topology.file).read(), maximumAge: topology.maximumAge)
        } catch {
            throw ConfigurationError(problems: [configuration.source.problem(at: "topology.file", "\(error)")])
        }
    }
}
