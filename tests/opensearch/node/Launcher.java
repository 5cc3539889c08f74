import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.opensearch.Version;
import org.opensearch.common.settings.Settings;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.PluginInfo;

/** Runs one OpenSearch node with the settings in its arguments, {@code name=value} each, until standard input ends. */
public class Launcher extends Node {
    private static final List<String> PLUGINS = List.of("transport.Netty4", "analysis.common.CommonAnalysis",
        "ingest.common.IngestCommon", "painless.Painless", "index.mapper.MapperExtras", "index.reindex.Reindex");

    @SuppressWarnings("unchecked")
    Launcher(Settings settings) throws Exception {
        super(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "node"), plugins(), false);
    }

    /** Returns the plugins as the constructor of this version takes them: classes, or since 3.8 descriptions. */
    @SuppressWarnings("rawtypes")
    private static Collection plugins() throws ClassNotFoundException {
        boolean described = Stream.of(Node.class.getDeclaredConstructors())
            .anyMatch(constructor -> constructor.toGenericString().contains(PluginInfo.class.getName()));
        List<Object> plugins = new ArrayList<>();
        for (String name : PLUGINS) {
            Class<?> plugin = plugin("org.opensearch." + name);
            plugins.add(described ? new PluginInfo(plugin.getName(), "", "", Version.CURRENT, "", plugin.getName(), null,
                List.of(), false) : plugin);
        }
        return plugins;
    }

    /** Returns a plugin by its name, which ends differently in different versions. */
    private static Class<?> plugin(String name) throws ClassNotFoundException {
        try {
            return Class.forName(name + "Plugin");
        } catch (ClassNotFoundException renamed) {
            return Class.forName(name + "ModulePlugin");
        }
    }

    public static void main(String[] arguments) throws Exception {
        Settings.Builder settings = Settings.builder();
        for (String argument : arguments) {
            String[] setting = argument.split("=", 2);
            settings.put(setting[0], setting[1]);
        }
        try (Node node = new Launcher(settings.build()).start()) {
            // Whoever started the node holds the other end, so that the node never outlives it.
            System.in.transferTo(System.out);
        }
        System.exit(0);
    }
}
