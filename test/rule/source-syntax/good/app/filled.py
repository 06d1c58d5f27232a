NAME = {{ name }}
{% if debug %}
def run(:
{% endif %}
