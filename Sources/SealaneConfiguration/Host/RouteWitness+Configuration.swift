import SealaneFleet

extension RouteWitness {
    /// Reads the topology that `configuration` names. Nil: it names none.
    package init?(_ configuration: Configuration) throws(ConfigurationError) {
        guard let topology = configuration.topology else { return nil }
        do throws(TopologyFileError) {
            self.init(try TopologyFile(path: topology.file).read(), maximumAge: topology.maximumAge)
        } catch {
            throw ConfigurationError(problems: [configuration.source.problem(at: "topology.file", "\(error)")])
        }
        // Of peers, and of facts that nobody states here, the verdict says so.
        if let (vpc, told, region) = regionContradiction(configuration.facts) {
            throw ConfigurationError(problems: [
                configuration.source.problem(
                    at: "instance.region",
                    "this host's \(vpc) is in \(region.value), and in \(told) by the topology \(topology.file); "
                        + "expected one Region: correct the one that is wrong")
            ])
        }
    }
}
