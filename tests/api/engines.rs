use wasmoon::{Config, Engine, Strategy};

fn engine(strategy: Strategy) -> Engine {
    Engine::new(Config::new().strategy(strategy).all_features().consume_fuel(true)).expect("a configuration")
}

/// An engine of each backend, with all features.
pub fn backends() -> [Engine; 2] {
    [Strategy::Jit, Strategy::Interpreter].map(engine)
}

/// An engine of each strategy, with all features.
#[allow(dead_code, reason = "not every file that includes this one has a use for it")]
pub fn engines() -> [Engine; 3] {
    [Strategy::Jit, Strategy::Interpreter, Strategy::Auto].map(engine)
}
