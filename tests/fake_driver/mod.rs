//! A driver for tests of comparisons with other engines: it answers each step, and executes none.

/// A bash script. It first reports all features as supported. It then runs `before` for each request, and answers that compiling
/// the first module ended in `compiled`, an end in JSON.
pub fn script(before: &str, compiled: &str) -> String {
    format!(
        r#"#!/bin/bash
echo '{{"protocol":3,"name":"fake","version":"7"}}'
while read -r line; do
    id=${{line#*'"id":'}}
    ends='"done","done"'
    if [[ $features ]]; then
        {before}
        ends+=',{compiled}'
    else
        ends+=',"done"'
    fi
    features=known
    # One operation is the request's.
    for ((i = $(grep -o '"op":' <<<"$line" | wc -l); i > 4; i--)); do ends+=',"done"'; done
    echo '{{"id":'${{id%%,*}}',"ends":['"$ends"']}}'
done
"#
    )
}
