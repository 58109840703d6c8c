<?php
/* The signatures of the memcache extension as JSON, symbol => text: from a stub file when one is given (then the
   extension must not be loaded), else from the loaded extension. Of a default value only its presence counts:
   the extension tells reflection no default, the stub states it for readers. */
function type_text(?ReflectionType $type): string
{
    $names = $type instanceof ReflectionUnionType ? array_map('strval', $type->getTypes()) : array_filter([(string)$type]);
    sort($names);
    return implode('|', $names);
}

function signature(ReflectionFunctionAbstract $function): string
{
    $parameters = [];
    foreach ($function->getParameters() as $p) {
        $text = trim(type_text($p->getType()) . ' ' . ($p->isPassedByReference() ? '&' : '') . '$' . $p->getName());
        $parameters[] = $p->isOptional() ? "[$text]" : $text;
    }
    $return = type_text($function->getReturnType() ?? $function->getTentativeReturnType());
    return '(' . implode(', ', $parameters) . ')' . ($return === '' ? '' : ": $return");
}

$stub = $argv[1] ?? null;
if ($stub === null) {
    $extension = new ReflectionExtension('memcache');
    $functions = $extension->getFunctions();
    $classes = $extension->getClasses();
    $constants = $extension->getConstants();
} else {
    $before = get_declared_classes();
    require $stub;
    $functions = array_map(fn($name) => new ReflectionFunction($name), get_defined_functions()['user']);
    $functions = array_filter($functions, fn($f) => str_starts_with($f->getName(), 'memcache_'));
    $classes = array_map(fn($name) => new ReflectionClass($name), array_diff(get_declared_classes(), $before));
    $constants = get_defined_constants(true)['user'] ?? [];
}
$symbols = [];
foreach ($functions as $function) {
    $symbols[$function->getName() . '()'] = signature($function);
}
foreach ($classes as $class) {
    $parent = $class->getParentClass();
    $symbols[$class->getName()] = 'class' . ($parent ? ' extends ' . $parent->getName() : '');
    foreach ($class->getMethods() as $method) {
        if ($method->getDeclaringClass()->getName() === $class->getName()) {
            // Method names are registered in lower case; PHP does not tell them apart.
            $symbols[$class->getName() . '::' . strtolower($method->getName()) . '()'] = signature($method);
        }
    }
}
foreach ($constants as $name => $value) {
    $symbols[$name] = var_export($value, true);
}
echo json_encode($symbols);
