use wasmoon::{Config, Engine, Strategy};

/// An engine of each backend, with all features.
pub fn engines() -> [Engine; 2] {
    [Strategy::Jit, Strategy::Interpreter].map(|strategy| {
        Engine::new(Config::new().strategy(strategy).all_features().consume_fuel(true)).expect("a configuration")
    })
}
